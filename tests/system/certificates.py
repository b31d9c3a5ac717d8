"""certificates - a certificate authority of a test's own, made by openssl, and good and bad
certificates by it. Each is a file that holds certificate and key.

    ca = Authority(folder)
    ca.good("127.0.0.1", "127.0.0.2")
"""
import os
import shutil
import subprocess

from promise import Skip

CONFIG = """[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""


class Authority:
    def __init__(self, folder, name="ca"):
        if not shutil.which("openssl"):
            raise Skip("openssl is not here")
        self.folder, self.count = os.path.join(folder, name), 0
        os.makedirs(self.folder)
        with open(self.path("config"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder))
        open(self.path("index"), "w", encoding="ascii").close()
        with open(self.path("serial"), "w", encoding="ascii") as file:
            file.write("01\n")
        self.pem = self.path("ca.pem")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", self.path("ca.key"), "-out", self.pem, "-days", "30",
                     "-subj", f"/CN=feedmill test {name}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")

    def issue(self, addresses, *dates, own=False):
        self.count += 1
        name = self.path(f"leaf{self.count}")
        names = ",".join(f"IP:{address}" for address in addresses)
        request = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-keyout", name + ".key", "-subj", f"/CN=leaf {self.count}",
                   "-addext", f"subjectAltName={names}"]
        if own:
            self.openssl(*request, "-x509", "-days", "30", "-out", name + ".crt")
        else:
            self.openssl(*request, "-out", name + ".csr")
            self.openssl("ca", "-batch", "-notext", "-config", self.path("config"), "-in",
                         name + ".csr", "-out", name + ".crt", "-cert", self.pem, "-keyfile",
                         self.path("ca.key"), *(dates or ("-days", "20")))
        with open(name + ".pem", "wb") as out:
            for part in (".crt", ".key"):
                with open(name + part, "rb") as file:
                    out.write(file.read())
        return name + ".pem"

    def good(self, *addresses):
        return self.issue(addresses)

    def expired(self, *addresses):
        return self.issue(addresses, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")

    def of_the_future(self, *addresses):
        return self.issue(addresses, "-startdate", "20900101000000Z", "-enddate", "20910101000000Z")

    def self_signed(self, *addresses):
        return self.issue(addresses, own=True)
