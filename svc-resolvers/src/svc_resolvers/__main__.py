"""`python -m svc_resolvers`."""

from svc_resolvers.main import main

main()
