"""What an installation of one's own needs beside the application: preparing its database."""
