"""What states, outcomes and reasons mean, in ordinary words for people who do not know the code."""
