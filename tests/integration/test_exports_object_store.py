"""Exports to an object store: Parquet through S3's protocol, against a server of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import boto3
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from analytics.exports.credentials import seal
from analytics.exports.destinations.object_store import ObjectStoreDestination
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.errors import DestinationError
from analytics.exports.models import Run
from analytics.exports.repository import ExportRepository
from analytics.exports.seal import Sealer
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from moto.server import ThreadedMotoServer
from pyarrow import fs
from service_kit.outbound import OutboundGuard

from devstack.ports import free_port
from tests.analytics.exports.export_parts import NOW, SECRET, export_of, export_worker, store_exposures
from tests.analytics.exports.exported_rows import stored

KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "a-secret-nobody-knows"}
POLICY = DestinationPolicy(None, [], OutboundGuard(["127.0.0.1"]))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def destination(endpoint: str) -> ObjectStoreDestination:
    """A prefix in a bucket of the test's own."""
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket=bucket)
    client.close()
    return ObjectStoreDestination(bucket=bucket, prefix="flags/prod", endpoint=endpoint)


async def test_what_is_read_back_is_what_is_stored(
    warehouse: ArrowWarehouse, destination: ObjectStoreDestination
) -> None:
    repository = ExportRepository(ExportStore(warehouse))
    export = export_of(destination, schedule="manual")
    await repository.save(export, 1, seal(Sealer(SECRET), export, KEYS))
    worker = export_worker(warehouse, policy=POLICY, rows=50)
    for number, events in ((1, range(130)), (2, range(100, 170))):
        await store_exposures(warehouse, [str(each) for each in events], received_at=NOW + number)
        await repository.save_run(export, Run(number=number, mode="incremental", cause="manual", requested_at=NOW), 1)
        await worker.look()
        await worker.settle()
        ended = (await repository.all_runs(export))[0]
        assert (ended.status, ended.error) == ("succeeded", "")

    files = fs.S3FileSystem(access_key="a", secret_key="b", region="us-east-1", endpoint_override=destination.endpoint)
    root = f"{destination.bucket}/{destination.prefix}"
    with files.open_input_stream(f"{root}/_manifest.json") as stream:
        manifest = msgspec.json.decode(stream.read())
    listed = [f"{root}/{each['path']}" for each in manifest["datasets"]["exposures"]["files"]]
    rows = pa.concat_tables([pq.read_table(each, filesystem=files) for each in listed]).to_pylist()
    assert sorted(rows, key=lambda row: row["user_key"]) == await stored(warehouse, "exposures")
    assert len(rows) == 170
    there = files.get_file_info(fs.FileSelector(f"{root}/exposures", recursive=True))
    assert {each.path for each in there if each.type == fs.FileType.File} == set(listed)


def test_a_connection_is_tried_and_leaves_nothing(destination: ObjectStoreDestination) -> None:
    destination.sink(POLICY, "org-1", KEYS).test()
    files = fs.S3FileSystem(access_key="a", secret_key="b", region="us-east-1", endpoint_override=destination.endpoint)
    left = files.get_file_info(fs.FileSelector(destination.bucket, recursive=True))
    assert [each.path for each in left if each.type == fs.FileType.File] == []


@pytest.mark.parametrize(("where", "code"), [("bucket", "no_such_bucket"), ("server", "store_unreachable")])
def test_what_is_wrong_is_said_in_words(destination: ObjectStoreDestination, where: str, code: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    wrong = {"bucket": {"bucket": "no-such-bucket"}, "server": {"endpoint": nobody}}[where]
    with pytest.raises(DestinationError) as raised:
        msgspec.structs.replace(destination, **wrong).sink(POLICY, "org-1", KEYS).test()
    assert raised.value.code == code
    assert KEYS["secret_access_key"] not in raised.value.words


def test_a_store_inside_is_refused_unless_the_operator_allows_it(destination: ObjectStoreDestination) -> None:
    closed = DestinationPolicy(None, ["127.0.0.1"])
    with pytest.raises(DestinationError) as raised:
        destination.sink(closed, "org-1", KEYS)
    assert raised.value.code == "host_not_public"
