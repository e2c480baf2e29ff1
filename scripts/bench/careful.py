"""What the scripts share that make a stack by hand with boto3: reading what is there, comparing, counting calls."""

import base64
import hashlib
import io
import json
import time
import zipfile

import boto3
from botocore.exceptions import ClientError

VERSION = "2012-10-17"
POLL = {"WaiterConfig": {"Delay": 1, "MaxAttempts": 120}}
ABSENT = {
    "404", "NoSuchBucket", "NoSuchEntity", "NotFound", "NotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist",
    "ResourceNotFoundException",
    "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet",
    "OwnershipControlsNotFoundError", "ServerSideEncryptionConfigurationNotFoundError",
    "LifecyclePolicyNotFoundException", "RepositoryNotFoundException", "RepositoryPolicyNotFoundException",
    "StateMachineDoesNotExist",
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


def ensure_role(iam, name, path, service, rights, tags, **condition):
    """A role that a service takes on, with one inline policy: its name and its document."""
    one, (inline, want) = {"RoleName": name}, rights
    trust = policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
                   | ({"Condition": condition} if condition else {}))
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


def ensure_key(kms, alias, description, want, tags):
    """A key that is rotated, with its policy; answers its ARN."""
    labels, name = pairs(tags, "TagKey", "TagValue"), "default"
    found = or_none(kms.describe_key, KeyId=alias)
    if not found:
        made = kms.create_key(Description=description, Policy=json.dumps(want), Tags=labels)["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
        kms.enable_key_rotation(KeyId=made["KeyId"])
        return made["Arn"]
    one = {"KeyId": found["KeyMetadata"]["KeyId"]}
    if canonical(kms.get_key_policy(**one, PolicyName=name)["Policy"]) != canonical(want):
        kms.put_key_policy(**one, PolicyName=name, Policy=json.dumps(want))
    if not kms.get_key_rotation_status(**one)["KeyRotationEnabled"]:
        kms.enable_key_rotation(**one)
    if unpaired(kms.list_resource_tags(**one)["Tags"], "TagKey", "TagValue") != tags:
        kms.tag_resource(**one, Tags=labels)
    return found["KeyMetadata"]["Arn"]


def ensure_log_group(logs, name, key, tags):
    """A log group that keeps lines for thirty days."""
    pages = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((it for it in pages if it["logGroupName"] == name), None)
    if not found:
        logs.create_log_group(logGroupName=name, kmsKeyId=key, tags=tags)
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)
        return
    if found.get("kmsKeyId") != key:
        logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    if found.get("retentionInDays") != 30:
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    arn = found["arn"].removesuffix(":*")
    if logs.list_tags_for_resource(resourceArn=arn)["tags"] != tags:
        logs.tag_resource(resourceArn=arn, tags=tags)


def ensure_table(dynamodb, name, key, keys, others, ttl, tags, **more):
    """Indexes, stream and key of a table that is there stay as they are: they cannot change at once."""
    one = {"TableName": name}
    found = or_none(dynamodb.describe_table, **one)
    if not found:
        dynamodb.create_table(
            **one, **more, BillingMode="PAY_PER_REQUEST", Tags=pairs(tags),
            AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in keys + others],
            KeySchema=[{"AttributeName": it, "KeyType": kind} for it, kind in zip(keys, ("HASH", "RANGE"))],
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
        dynamodb.get_waiter("table_exists").wait(**one, **POLL)
    is_new = not found
    lives = {} if is_new else dynamodb.describe_time_to_live(**one)["TimeToLiveDescription"]
    if lives.get("AttributeName") != ttl:
        dynamodb.update_time_to_live(**one, TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl})
    backups = {} if is_new else dynamodb.describe_continuous_backups(**one)["ContinuousBackupsDescription"]
    if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
        dynamodb.update_continuous_backups(
            **one, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    if not is_new:
        arn = found["Table"]["TableArn"]
        if unpaired(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]) != tags:
            dynamodb.tag_resource(ResourceArn=arn, Tags=pairs(tags))


def packed(folder):
    """A folder as a zip file, the same for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o755 << 16
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


def ensure_function(functions, name, folder, settings, tags):
    """A function of provided.al2023 with the code of a folder; whether it was made just now."""
    one, code = {"FunctionName": name}, packed(folder)
    settings = settings | {
        "Handler": "bootstrap", "Runtime": "provided.al2023",
        "LoggingConfig": {
            "LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}",
            "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO",
        },
    }
    found = or_none(functions.get_function, **one)
    if not found:
        functions.create_function(**one, **settings, Architectures=["x86_64"], Code={"ZipFile": code}, Tags=tags)
        functions.get_waiter("function_active_v2").wait(**one, **POLL)
        return True
    have = found["Configuration"]
    have["LoggingConfig"] = {field: have["LoggingConfig"][field] for field in settings["LoggingConfig"]}
    if any(have.get(field) != value for field, value in settings.items()):
        functions.update_function_configuration(**one, **settings)
        functions.get_waiter("function_updated_v2").wait(**one, **POLL)
    if have["CodeSha256"] != base64.b64encode(hashlib.sha256(code).digest()).decode():
        functions.update_function_code(**one, ZipFile=code)
        functions.get_waiter("function_updated_v2").wait(**one, **POLL)
    if found.get("Tags") != tags:
        functions.tag_resource(Resource=have["FunctionArn"], Tags=tags)
    return False


def run(apply):
    """Runs it with a session, and says in JSON how many calls it made and in how many seconds."""
    began = time.monotonic()
    session, calls = boto3.Session(), []

    def count(event_name, **_):
        calls.append(event_name.rsplit(".", 1)[-1])

    session.events.register("before-send", count)
    apply(session)
    writes = [call for call in calls if not call.startswith(("BatchCheck", "BatchGet", "Get", "Head", "List", "Describe"))]
    print(json.dumps({"calls": len(calls), "writes": len(writes), "seconds": time.monotonic() - began}))
