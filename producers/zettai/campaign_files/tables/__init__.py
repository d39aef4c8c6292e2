"""Reads tables from CSV and Excel files, row by row, as they come out of a spreadsheet."""
