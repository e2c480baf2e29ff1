#!/usr/bin/env python3
"""The event processor of stacks/event_processor.yaml by hand: what a careful engineer would write with boto3.

One call after another. What exists is read and compared, and only what differs is written, so the script
can be run again; what does not exist is created with as few calls as AWS permits. It makes the same objects
as ccprov, with the same documents and tags: `ccprov plan stacks/event_processor.yaml` afterwards shows no changes
but of the functions' code, since another zip file has another hash; and `make bench` checks that it is so.

    boto3_event_processor.py FUNCTIONS

FUNCTIONS is the folder that `make functions` writes. Says in JSON how many calls it made and in how many seconds.
These begin after Python's imports.
"""

import base64
import hashlib
import io
import json
import pathlib
import sys
import zipfile

from careful import (
    allow, canonical, ensure_queue, ensure_role, or_none, pairs, policy, run, statement, tls_only, unpaired)

STACK = "event-processor"
POLL = {"WaiterConfig": {"Delay": 1, "MaxAttempts": 120}}


def tags(address):
    return {"Project": STACK, "ccprov:stack": STACK, "ccprov:address": address}


def packed(folder):
    """A folder as a zip file, the same for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o755 << 16
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


class EventProcessor:
    def __init__(self, session, functions):
        names = ("dynamodb", "iam", "kms", "lambda", "logs", "sqs", "sts")
        clients = {name: session.client(name) for name in names}
        self.dynamodb, self.iam, self.kms, self.functions, self.logs, self.sqs, sts = clients.values()
        self.account = sts.get_caller_identity()["Account"]
        self.region = session.region_name
        self.folder = pathlib.Path(functions)
        self.queue, self.dead = self.arn("sqs", "event-processor-events.fifo"), self.arn("sqs", "event-processor-events-dlq.fifo")
        self.ledger, self.idempotency = f"{STACK}-events", f"{STACK}-idempotency"

    def arn(self, service, rest):
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def group(self, function):
        return self.arn("logs", f"log-group:/aws/lambda/{function}")

    def apply(self):
        self.key = self.ensure_key()
        for function, address in ((STACK, "processor_logs"), (f"{STACK}-seed", "seeder_logs")):
            self.ensure_log_group(f"/aws/lambda/{function}", address)
        self.ensure_queues()
        index = {
            "IndexName": "gsi_status_tenant",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "tenant_id_created_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        self.ensure_table(
            self.ledger, "ledger", ("tenant_id", "sk"), ("status", "tenant_id_created_at"),
            GlobalSecondaryIndexes=[index],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        self.ensure_table(self.idempotency, "idempotency", ("pk",), ())
        self.ensure_roles()
        environment = {
            "EVENTS_TABLE": self.ledger, "IDEMPOTENCY_TABLE": self.idempotency,
            "EVENTS_TTL_DAYS": "0", "IDEMPOTENCY_TTL_DAYS": "7",
        }
        self.ensure_function(
            STACK, "processor", "event_processor", environment, 6, "Writes each event into the ledger once")
        url = self.sqs.get_queue_url(QueueName=f"{STACK}-events.fifo")["QueueUrl"]
        self.ensure_function(
            f"{STACK}-seed", "seeder", "event_seeder", {"QUEUE_URL": url}, 30, "Sends one sample of each type of event")
        self.ensure_mapping()

    def ensure_key(self):
        alias, one = f"alias/{STACK}", {}
        groups = [self.group(STACK), self.group(f"{STACK}-seed")]
        use = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        want = policy(
            statement("AccountAdministersKey", "Allow", {"AWS": f"arn:aws:iam::{self.account}:root"}, "kms:*", "*"),
            statement("LogsAreEncrypted", "Allow", {"Service": f"logs.{self.region}.amazonaws.com"}, use, "*",
                      ArnEquals={"kms:EncryptionContext:aws:logs:arn": groups}))
        found = or_none(self.kms.describe_key, KeyId=alias)
        if not found:
            made = self.kms.create_key(
                Description="Events of event-processor at rest", Policy=json.dumps(want),
                Tags=pairs(tags("key"), "TagKey", "TagValue"))["KeyMetadata"]
            self.kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
            self.kms.enable_key_rotation(KeyId=made["KeyId"])
            return made["Arn"]
        one = {"KeyId": found["KeyMetadata"]["KeyId"]}
        if canonical(self.kms.get_key_policy(**one, PolicyName="default")["Policy"]) != canonical(want):
            self.kms.put_key_policy(**one, PolicyName="default", Policy=json.dumps(want))
        if not self.kms.get_key_rotation_status(**one)["KeyRotationEnabled"]:
            self.kms.enable_key_rotation(**one)
        if unpaired(self.kms.list_resource_tags(**one)["Tags"], "TagKey", "TagValue") != tags("key"):
            self.kms.tag_resource(**one, Tags=pairs(tags("key"), "TagKey", "TagValue"))
        return found["KeyMetadata"]["Arn"]

    def ensure_log_group(self, name, address):
        pages = self.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        found = next((it for it in pages if it["logGroupName"] == name), None)
        if not found:
            self.logs.create_log_group(logGroupName=name, kmsKeyId=self.key, tags=tags(address))
            self.logs.put_retention_policy(logGroupName=name, retentionInDays=30)
            return
        if found.get("kmsKeyId") != self.key:
            self.logs.associate_kms_key(logGroupName=name, kmsKeyId=self.key)
        if found.get("retentionInDays") != 30:
            self.logs.put_retention_policy(logGroupName=name, retentionInDays=30)
        arn = found["arn"].removesuffix(":*")
        if self.logs.list_tags_for_resource(resourceArn=arn)["tags"] != tags(address):
            self.logs.tag_resource(resourceArn=arn, tags=tags(address))

    def ensure_queues(self):
        self.ensure_queue(
            f"{STACK}-events-dlq.fifo", "events_dead",
            {
                "MessageRetentionPeriod": "1209600", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue",
            },
            {
                "Policy": policy(tls_only("sqs:*", self.dead)),
                "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue]},
            })
        self.ensure_queue(
            f"{STACK}-events.fifo", "events",
            {
                "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId", "VisibilityTimeout": "36",
                "MessageRetentionPeriod": "345600", "MaximumMessageSize": "262144",
            },
            {
                "Policy": policy(tls_only("sqs:*", self.queue)),
                "RedrivePolicy": {"deadLetterTargetArn": self.dead, "maxReceiveCount": 5},
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
            })

    def ensure_queue(self, name, address, attributes, documents):
        attributes = attributes | {"KmsMasterKeyId": self.key, "KmsDataKeyReusePeriodSeconds": "300"}
        ensure_queue(self.sqs, name, attributes, documents, tags(address), FifoQueue="true")

    def ensure_table(self, name, address, keys, others, **more):
        """Indexes, stream and key of a table that is there stay as they are: they cannot change at once."""
        one = {"TableName": name}
        found = or_none(self.dynamodb.describe_table, **one)
        if not found:
            self.dynamodb.create_table(
                **one, **more, BillingMode="PAY_PER_REQUEST", Tags=pairs(tags(address)),
                AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in keys + others],
                KeySchema=[{"AttributeName": it, "KeyType": kind} for it, kind in zip(keys, ("HASH", "RANGE"))],
                SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key})
            self.dynamodb.get_waiter("table_exists").wait(**one, **POLL)
        is_new = not found
        lives = {} if is_new else self.dynamodb.describe_time_to_live(**one)["TimeToLiveDescription"]
        if lives.get("AttributeName") != "ttl":
            self.dynamodb.update_time_to_live(
                **one, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        backups = {} if is_new else self.dynamodb.describe_continuous_backups(**one)["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            self.dynamodb.update_continuous_backups(
                **one, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        if not is_new:
            arn = found["Table"]["TableArn"]
            if unpaired(self.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]) != tags(address):
                self.dynamodb.tag_resource(ResourceArn=arn, Tags=pairs(tags(address)))

    def ensure_roles(self):
        tables = [self.arn("dynamodb", f"table/{name}") for name in (self.ledger, self.idempotency)]
        write = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self.ensure_role("processor_role", "process", policy(
            allow("ReceiveEvents", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], self.queue),
            allow("RecordEvents", "dynamodb:PutItem", tables),
            allow("DecryptMessagesAndTables", "kms:Decrypt", self.key),
            allow("WriteLogs", write, self.group(STACK) + ":*")))
        self.ensure_role("seeder_role", "seed", policy(
            allow("SendEvents", "sqs:SendMessage", self.queue),
            allow("EncryptMessages", ["kms:GenerateDataKey", "kms:Decrypt"], self.key),
            allow("WriteLogs", write, self.group(f"{STACK}-seed") + ":*")))

    def role(self, address):
        return f"{STACK}-{address.replace('_', '-')}-{self.region}"

    def ensure_role(self, address, inline, want):
        labels = tags(address) | {"ccprov:region": self.region}
        name, path = self.role(address), f"/ccprov/{STACK}/"
        ensure_role(self.iam, name, path, "lambda.amazonaws.com", (inline, want), labels)

    def ensure_function(self, name, address, folder, environment, timeout, description):
        one, code = {"FunctionName": name}, packed(self.folder / folder)
        settings = {
            "Description": description, "Handler": "bootstrap", "Runtime": "provided.al2023",
            "Role": f"arn:aws:iam::{self.account}:role/ccprov/{STACK}/{self.role(f'{address}_role')}",
            "Timeout": timeout, "MemorySize": 512, "Environment": {"Variables": environment},
            "KMSKeyArn": self.key,
            "LoggingConfig": {
                "LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}",
                "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO",
            },
        }
        found = or_none(self.functions.get_function, **one)
        if not found:
            self.functions.create_function(
                **one, **settings, Architectures=["x86_64"], Code={"ZipFile": code}, Tags=tags(address))
            self.functions.get_waiter("function_active_v2").wait(**one, **POLL)
            return
        have = found["Configuration"]
        have["LoggingConfig"] = {name: have["LoggingConfig"][name] for name in settings["LoggingConfig"]}
        if any(have.get(field) != value for field, value in settings.items()):
            self.functions.update_function_configuration(**one, **settings)
            self.functions.get_waiter("function_updated_v2").wait(**one, **POLL)
        if have["CodeSha256"] != base64.b64encode(hashlib.sha256(code).digest()).decode():
            self.functions.update_function_code(**one, ZipFile=code)
            self.functions.get_waiter("function_updated_v2").wait(**one, **POLL)
        if found.get("Tags") != tags(address):
            self.functions.tag_resource(Resource=have["FunctionArn"], Tags=tags(address))

    def ensure_mapping(self):
        one = {"EventSourceArn": self.queue, "FunctionName": STACK}
        settings = {"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"]}
        found = self.functions.list_event_source_mappings(**one)["EventSourceMappings"]
        if not found:
            self.functions.create_event_source_mapping(**one, **settings, Tags=tags("mapping"))
            return
        if any(found[0].get(field) != value for field, value in settings.items()):
            self.functions.update_event_source_mapping(UUID=found[0]["UUID"], **settings)
        arn = found[0].get("EventSourceMappingArn") or self.arn("lambda", f"event-source-mapping:{found[0]['UUID']}")
        if self.functions.list_tags(Resource=arn)["Tags"] != tags("mapping"):
            self.functions.tag_resource(Resource=arn, Tags=tags("mapping"))


run(lambda session: EventProcessor(session, sys.argv[1]).apply())
