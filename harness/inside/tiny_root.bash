#!/bin/bash
# tiny_root.bash TREE: makes a tree that has all that a root must have, by name: its bash is this machine's, all other
# programs are empty. It is fit to be added, not to run anything.
mkdir -p $1/{etc,usr/bin,var/tmp,opt/ros/jazzy}
cp /bin/bash $1/usr/bin/bash
ln -s usr/bin $1/bin
programs='busctl cut dd flock grep id logger mkdir mktemp mv rm sleep sort systemctl systemd-notify tail timeout'
for program in $programs; do
    install -m 755 /dev/null $1/usr/bin/$program
done
touch $1/opt/ros/jazzy/setup.bash
