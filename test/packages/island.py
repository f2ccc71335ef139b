"""
Runs programs where no network is but this machine's own loopback: a package index that wants a login, an S3 server, and nothing else.
Started in a network namespace of its own: island.py PLAN, a JSON file; prints what came of it as JSON.
"""

import base64
import fcntl
import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

import boto3

INDEX_PORT, S3_PORT = 8080, 5000


def main(plan):
    bring_up_loopback()
    threading.Thread(target=serve_packages, args=(plan["wheels"], plan["login"]), daemon=True).start()
    server = subprocess.Popen([plan["moto"], "-H", "127.0.0.1", "-p", str(S3_PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        s3 = connect_s3()
        for bucket in plan["buckets"]:
            s3.create_bucket(Bucket=bucket)
        ran = [run(command) for command in plan["commands"]]
        objects = {bucket: list_objects(s3, bucket) for bucket in plan["buckets"]}
        return {"outside": reach_outside(), "given": given, "ran": ran, "objects": objects}
    finally:
        server.kill()


def bring_up_loopback():
    up = 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", up))  # SIOCSIFFLAGS


def reach_outside():
    """What the system says of an address that is reserved for documentation: there is no way to it."""
    with socket.socket() as client:
        client.settimeout(2)
        try:
            client.connect(("192.0.2.1", 80))
            return "reached"
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)


given = []


def serve_packages(folders, login):
    wheels = {wheel.name: wheel for folder in folders for wheel in pathlib.Path(folder).glob("*.whl")}
    expected = "Basic " + base64.b64encode(login.encode()).decode()

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = urllib.parse.unquote(self.path)
            names = [name for name in wheels if path == "/simple/%s/" % name.split("-")[0].replace("_", "-").lower()]
            if self.headers.get("Authorization") != expected:
                return self.answer(401, b"", {"WWW-Authenticate": "Basic"})
            if names:
                return self.answer(200, "".join(f'<a href="/files/{name}">{name}</a>' for name in names).encode(), {"Content-Type": "text/html"})
            if path.startswith("/files/") and path[7:] in wheels:
                given.append(path[7:])
                return self.answer(200, wheels[path[7:]].read_bytes(), {"Content-Type": "application/octet-stream"})
            return self.answer(404, b"", {})

        def answer(self, status, body, headers):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", INDEX_PORT), Index).serve_forever()


def connect_s3():
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{S3_PORT}", **keys)
    for _ in range(300):
        try:
            client.list_buckets()
            return client
        except Exception:  # it is still starting
            time.sleep(0.2)
    sys.exit("the S3 server did not start")


def list_objects(client, bucket):
    """Key → text of the small ones that people may read, else the size."""
    found = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            key = item["Key"]
            is_text = key.endswith((".json", ".txt"))
            found[key] = client.get_object(Bucket=bucket, Key=key)["Body"].read().decode() if is_text else item["Size"]
    return found


def run(command):
    done = subprocess.run(command["words"], cwd=command["cwd"], env=command["env"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps(main(json.load(file))))
