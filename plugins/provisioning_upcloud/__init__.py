"""The provider `upcloud`: servers at UpCloud."""
