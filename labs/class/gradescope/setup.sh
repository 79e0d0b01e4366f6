#!/bin/bash
# Gradescope runs this once, as root, when the autograder's image is built (a Debian 12 or Ubuntu 22.04 image, or later).
set -e
cd /autograder/source
apt-get update
# Everything that a grade needs is built here, so that grading compiles the student's files only.
make build/grade build/twain.elf build/initramfs-lab.cpio
