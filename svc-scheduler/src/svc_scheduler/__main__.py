"""`python -m svc_scheduler`."""

from svc_scheduler.main import main

main()
