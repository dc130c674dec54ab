"""The verb of the demo; it goes through the verbs of the apps beneath."""
