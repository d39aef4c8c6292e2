"""The command `doctor`: probes, and the checks that judge what they found."""
