"""Apache Kafka with rights and TLS, for what the embedded broker cannot show: rights that are missing or taken away, records that are
gone. One broker for all drills; each has topics and a group of its own."""
import subprocess

from confluent_kafka import TopicPartition
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, NewTopic,
                                   ResourcePatternType, ResourceType)

from chart import ROOT

BROKER = ROOT / "tests" / "kafka" / "broker"
USER, PASSWORD = "worker", "made-up-password"
TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
DESCRIBE, READ, WRITE = AclOperation.DESCRIBE, AclOperation.READ, AclOperation.WRITE


class Kafka:
    def __init__(self, folder, authority, owner):
        self.folder, self.authority = folder, authority
        settings = folder.with_suffix(".settings")
        settings.write_text(
            "listeners=PLAINTEXT://127.0.0.1:@PORT@,SECURE://localhost:0,CONTROLLER://127.0.0.1:0\n"
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL\n"
            "inter.broker.listener.name=PLAINTEXT\n"
            "sasl.enabled.mechanisms=SCRAM-SHA-512\n"
            "listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
            f"ssl.keystore.type=PEM\nssl.keystore.location={authority}/server-pkcs8.pem\n"
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:ANONYMOUS\n")
        pkcs8 = subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", authority / "server.key"], check=True, capture_output=True)
        (authority / "server-pkcs8.pem").write_bytes(pkcs8.stdout + (authority / "server.crt").read_bytes())
        self.bootstrap = subprocess.run(
            [BROKER, "start", folder, "--while", str(owner), "--settings", settings, "--user", f"{USER}:{PASSWORD}"],
            check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        listeners = dict(line.split() for line in (folder / "listeners").read_text().splitlines())
        self.secure = listeners["SECURE"]
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap})
        self.password = authority / "password"
        self.password.write_text(PASSWORD)
        self.password.chmod(0o400)

    def properties(self):
        return {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": USER,
                "sasl.password.file": str(self.password), "ssl.ca.location": str(self.authority / "ca.pem")}

    def make(self, *topics):
        for done in self.admin.create_topics([NewTopic(it, 1, 1) for it in topics]).values():
            done.result(20)

    def grant(self, kind, name, right):
        self._ask(self.admin.create_acls([AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{USER}", "*", right,
                                                     AclPermissionType.ALLOW)]))

    def withdraw(self, kind, name, right):
        self._ask(self.admin.delete_acls([AclBindingFilter(kind, name, ResourcePatternType.LITERAL, f"User:{USER}", "*", right,
                                                           AclPermissionType.ALLOW)]))

    def delete_records(self, topic):
        self._ask(self.admin.delete_records([TopicPartition(topic, 0, -1)]))  # -1: to the end

    def _ask(self, answers):
        for done in answers.values():
            done.result(20)

    def stop(self):
        subprocess.run([BROKER, "stop", self.folder], check=True)
