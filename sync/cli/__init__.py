"""The commands that keep the mirror. `fanlight` lists them by module and imports the one that is called."""
