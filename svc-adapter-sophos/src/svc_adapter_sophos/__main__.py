"""`python -m svc_adapter_sophos`."""

from svc_adapter_sophos.main import main

main()
