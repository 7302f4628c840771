"""The kinds of operations that everybody needs: servers, commands, files, settings, HTTP requests, nested workflows."""
