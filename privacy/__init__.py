"""What a person may ask of their data: all of it to be shown, and all of it to be erased."""
