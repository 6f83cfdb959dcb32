"""Pure codecs on the libraries of the field."""
