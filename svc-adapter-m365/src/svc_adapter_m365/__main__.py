"""`python -m svc_adapter_m365`."""

from svc_adapter_m365.main import main

main()
