"""Code that several commands share: options, parsing, output, tables, exit codes, the store."""
