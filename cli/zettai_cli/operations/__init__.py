"""Commands for operators: watch, check and control the installation."""
