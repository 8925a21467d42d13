"""`python -m svc_adapter_autotask`."""

from svc_adapter_autotask.main import main

main()
