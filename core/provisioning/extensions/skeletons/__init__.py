"""What new extensions are made of: files whose `@@words` are filled in, read by `extension new` alone."""
