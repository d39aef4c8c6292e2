"""Why a file cannot be read, in ordinary words. The texts are keys of the catalog."""

from collections.abc import Mapping

from zettai_console.language import mark

UNREADABLE: Mapping[str, str] = {
    "it is neither UTF-8 nor CP932": mark("Its encoding is not known. Choose it below, or save the file as UTF-8."),
    "it may be CP932 or EUC-JP": mark("It may be Shift_JIS or EUC-JP. Choose its encoding below."),
    "it is not ": mark("The file does not fit its encoding. Choose another one below."),
    "it is an old Excel file": mark("It is an old Excel file (.xls) or has a password. Save it as .xlsx or CSV."),
    "it is not a valid .xlsx file": mark("The Excel file is damaged. Save it again."),
    "the next row of the sheet": mark("A row of the sheet is damaged. Save the file again."),
    "the next row is not valid CSV": mark("A row is not valid CSV: check the quotes."),
    "the next row is not": mark("A row does not fit the encoding. Choose another encoding below."),
}
"""What a file's error begins with, and the words for it. The longest beginning counts."""

OTHER = mark("The file cannot be read. Save it as .xlsx, or as CSV in UTF-8.")


def explain_file(problem: str) -> str:
    """Return the key of the words for the error of a file."""
    fitting = [start for start in UNREADABLE if problem.startswith(start)]
    return UNREADABLE[max(fitting, key=len)] if fitting else OTHER
