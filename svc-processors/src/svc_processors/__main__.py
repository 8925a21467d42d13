"""`python -m svc_processors`."""

from svc_processors.main import main

main()
