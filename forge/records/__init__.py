"""What a run leaves behind: the files of its folder, written and read."""
