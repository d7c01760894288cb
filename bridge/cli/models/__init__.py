"""Commands about models and styles."""
