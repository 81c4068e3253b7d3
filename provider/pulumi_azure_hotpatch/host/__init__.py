"""Pulumi's side: from the engine's calls to handlers and back. Another front end would replace this package only."""
