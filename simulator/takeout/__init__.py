"""`make try`: a world made from somebody's own Google Takeout export. Nothing here asks the network anything."""
