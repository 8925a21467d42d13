"""python -m svc_workers."""

from svc_workers.main import main

main()
