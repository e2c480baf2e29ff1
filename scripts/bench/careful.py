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


def allow(sid, action, resource):
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}


def ensure_queue(sqs, name, attributes, documents, tags, **at_creation):
    """A queue with these attributes; documents are those that are policies."""
    written = attributes | {field: json.dumps(value) for field, value in documents.items()}
    found = or_none(sqs.get_queue_url, QueueName=name)
    if not found:
        sqs.create_queue(QueueName=name, Attributes=written | at_creation, tags=tags)
        return
    one = {"QueueUrl": found["QueueUrl"]}
    have = sqs.get_queue_attributes(**one, AttributeNames=["All"])["Attributes"]
    differs = {field: text for field, text in attributes.items() if have.get(field) != text}
    for field, value in documents.items():
        if canonical(have.get(field, "{}")) != canonical(value):
            differs[field] = written[field]
    if differs:
        sqs.set_queue_attributes(**one, Attributes=differs)
    if sqs.list_queue_tags(**one).get("Tags") != tags:
        sqs.tag_queue(**one, Tags=tags)


def ensure_role(iam, name, path, service, rights, tags):
    """A role that a service takes on, with one inline policy: its name and its document."""
    one, (inline, want) = {"RoleName": name}, rights
    trust = policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
    found = or_none(iam.get_role, **one)
    if not found:
        iam.create_role(**one, Path=path, AssumeRolePolicyDocument=json.dumps(trust), Tags=pairs(tags))
        iam.put_role_policy(**one, PolicyName=inline, PolicyDocument=json.dumps(want))
        iam.get_waiter("role_exists").wait(**one)
        return
    role = found["Role"]
    if canonical(role["AssumeRolePolicyDocument"]) != canonical(trust):
        iam.update_assume_role_policy(**one, PolicyDocument=json.dumps(trust))
    have = or_none(iam.get_role_policy, **one, PolicyName=inline)
    if not have or canonical(have["PolicyDocument"]) != canonical(want):
        iam.put_role_policy(**one, PolicyName=inline, PolicyDocument=json.dumps(want))
    if unpaired(role.get("Tags")) != tags:
        iam.tag_role(**one, Tags=pairs(tags))


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
