"""`python -m svc_linkers`."""

from svc_linkers.main import main

main()
