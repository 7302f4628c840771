"""What new extensions are made of: files whose `@@words` are filled in; never imported, and read by `extension new` alone."""
