"""The folder extensions that come with provisioning."""
