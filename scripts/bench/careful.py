"""What the scripts share that make a stack by hand with boto3: reading what is there, comparing, counting calls."""

import json
import time

import boto3
from botocore.exceptions import ClientError

VERSION = "2012-10-17"
ABSENT = {
    "404", "NoSuchBucket", "NoSuchEntity", "NotFound", "NotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist",
    "ResourceNotFoundException",
    "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet",
    "OwnershipControlsNotFoundError", "ServerSideEncryptionConfigurationNotFoundError",
}


def or_none(call, **arguments):
    """What is there, or None."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise


def pairs(mapping, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in sorted(mapping.items())]


def unpaired(items, key="Key", value="Value"):
    return {item[key]: item[value] for item in items or []}


def canonical(document):
    """A policy in a form that can be compared: AWS writes lists of one as texts, and has its own order."""
    if isinstance(document, str):
        document = json.loads(document)

    def normal(value):
        if isinstance(value, dict):
            return {name: normal(inner) for name, inner in sorted(value.items())}
        if isinstance(value, list):
            inner = sorted((normal(item) for item in value), key=json.dumps)
            return inner[0] if len(inner) == 1 else inner
        return value

    return normal(document)


def statement(sid, effect, principal, action, resource, **condition):
    it = {"Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    return it | ({"Condition": condition} if condition else {})


def policy(*statements):
    return {"Version": VERSION, "Statement": list(statements)}


def tls_only(action, resource):
    return statement("TlsOnly", "Deny", "*", action, resource, Bool={"aws:SecureTransport": "false"})


def run(apply):
    """Runs it with a session, and says in JSON how many calls it made and in how many seconds."""
    began = time.monotonic()
    session, calls = boto3.Session(), []

    def count(event_name, **_):
        calls.append(event_name.rsplit(".", 1)[-1])

    session.events.register("before-send", count)
    apply(session)
    writes = [call for call in calls if not call.startswith(("Get", "Head", "List", "Describe"))]
    print(json.dumps({"calls": len(calls), "writes": len(writes), "seconds": time.monotonic() - began}))
