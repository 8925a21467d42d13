"""dlt reads the same users into the same server: `python -m mspctl.bench.baselines.dlt_users`.

As its documentation recommends for speed: pages are yielded whole, nothing is nested into tables of its own, rows are loaded
as CSV with COPY, files are rotated so that several are loaded at a time, and the primary key is merged. One process
normalizes: on two cores a second one took longer to start than it saved (docs/performance.md).
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import orjson

SETTINGS: Final = {
    "NORMALIZE__WORKERS": "1",
    "LOAD__WORKERS": "4",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "10000",
    "DATA_WRITER__FILE_MAX_ITEMS": "25000",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}
"""What dlt reads from its environment."""


def main() -> None:
    """Runs the pipeline once; answers {"seconds", "records", "peak_bytes", "version"}."""
    task: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    os.environ.update({**SETTINGS, "DLT_DATA_DIR": task["directory"]} | task.get("settings", {}))
    import dlt  # noqa: PLC0415 - it reads its settings when it is imported, and is there for measurements alone
    from dlt.sources.helpers.rest_client import RESTClient  # noqa: PLC0415
    from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials  # noqa: PLC0415
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator  # noqa: PLC0415

    client = RESTClient(
        base_url=task["graph"],
        auth=OAuth2ClientCredentials(
            access_token_url=f"{task['login']}/{task['tenant']}/oauth2/v2.0/token",
            client_id=task["client_id"],
            client_secret=task["client_secret"],
            access_token_request_data={
                "grant_type": "client_credentials",
                "scope": "https://graph.microsoft.com/.default",
            },
        ),
        paginator=JSONLinkPaginator(next_url_path="['@odata.nextLink']"),
        data_selector="value",
    )
    users = dlt.resource(
        client.paginate("/v1.0/users", params=task["params"]),
        name="users",
        primary_key="id",
        write_disposition="merge",
        max_table_nesting=0,
        file_format=task.get("file_format", "csv"),
    )
    pipeline = dlt.pipeline(
        pipeline_name=task["dataset"],
        dataset_name=task["dataset"],
        destination=dlt.destinations.postgres(task["database"]),
        pipelines_dir=str(Path(task["directory"]) / "pipelines"),
    )
    began = time.perf_counter()
    pipeline.run(users)
    seconds = time.perf_counter() - began
    with pipeline.sql_client() as sql:
        [(records,)] = sql.execute_sql(f"SELECT count(*) FROM {sql.make_qualified_table_name('users')}")  # noqa: S608
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answer = {"seconds": seconds, "records": records, "peak_bytes": peak * 1024, "version": dlt.__version__}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main()
