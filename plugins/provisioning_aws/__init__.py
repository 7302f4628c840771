"""The provider `aws`: servers that are EC2 instances."""
