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

import pathlib
import sys

from careful import (
    allow, ensure_function, ensure_key, ensure_log_group, ensure_queue, ensure_role, ensure_table, policy, run, statement,
    tls_only)

STACK = "event-processor"


def tags(address):
    return {"Project": STACK, "ccprov:stack": STACK, "ccprov:address": address}


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
            ensure_log_group(self.logs, f"/aws/lambda/{function}", self.key, tags(address))
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
        groups = [self.group(STACK), self.group(f"{STACK}-seed")]
        use = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        want = policy(
            statement("AccountAdministersKey", "Allow", {"AWS": f"arn:aws:iam::{self.account}:root"}, "kms:*", "*"),
            statement("LogsAreEncrypted", "Allow", {"Service": f"logs.{self.region}.amazonaws.com"}, use, "*",
                      ArnEquals={"kms:EncryptionContext:aws:logs:arn": groups}))
        return ensure_key(self.kms, f"alias/{STACK}", "Events of event-processor at rest", want, tags("key"))

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
        ensure_table(self.dynamodb, name, self.key, keys, others, "ttl", tags(address), **more)

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
        ensure_function(self.functions, name, self.folder / folder, {
            "Description": description,
            "Role": f"arn:aws:iam::{self.account}:role/ccprov/{STACK}/{self.role(f'{address}_role')}",
            "Timeout": timeout, "MemorySize": 512, "Environment": {"Variables": environment}, "KMSKeyArn": self.key,
        }, tags(address))

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
