"""`python -m marginrules` is the command line."""

from marginrules.cli import main

main()
