"""Package managers other than apt and pip."""
