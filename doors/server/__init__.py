"""The web server's front: bodies are received without a thread, answers are made by threads."""
