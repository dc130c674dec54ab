"""Commands of the API's ground."""
