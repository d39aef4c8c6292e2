"""The command `doctor`: it inspects the installation and checks the facts that it finds."""
