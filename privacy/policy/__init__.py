"""Rules of privacy that ask nobody."""
