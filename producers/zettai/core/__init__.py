"""The contract that producers and workers share: messages, states, validation, settings and the store."""
