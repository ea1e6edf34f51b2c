"""Files that come with the program: gallery documents, icons and themes."""
