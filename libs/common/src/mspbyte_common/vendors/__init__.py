"""What all adapters share: endpoints, pages, transport, budget, tokens, the pull loop."""
