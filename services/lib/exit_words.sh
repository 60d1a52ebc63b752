# shellcheck shell=bash
# exit_words.sh: the exit statuses of systemd itself, 200 to 243, in words.

# What systemd could not do before it ran a program (systemd.exec(5), "Process exit codes"), by exit status.
declare -grA EXIT_WORDS=(
    [200]='CHDIR, change to WorkingDirectory=' [201]='NICE, set Nice=' [202]='FDS, arrange file descriptors'
    [203]='EXEC, run the program of ExecStart=' [204]='MEMORY, get memory' [205]='LIMITS, set a Limit…='
    [206]='OOM_ADJUST, set OOMScoreAdjust=' [207]='SIGNAL_MASK, set the signal mask' [208]='STDIN, open StandardInput='
    [209]='STDOUT, open StandardOutput=' [210]='CHROOT, change to RootDirectory=' [211]='IOPRIO, set IOSchedulingClass='
    [212]='TIMERSLACK, set TimerSlackNSec=' [213]='SECUREBITS, set SecureBits='
    [214]='SETSCHEDULER, set CPUSchedulingPolicy=' [215]='CPUAFFINITY, set CPUAffinity=' [216]='GROUP, change to Group='
    [217]='USER, change to User=' [218]='CAPABILITIES, set CapabilityBoundingSet= or AmbientCapabilities='
    [219]='CGROUP, set up its control group' [220]='SETSID, make a session' [222]='STDERR, open StandardError='
    [224]='PAM, open a session of PAMName=' [225]='NETWORK, set up PrivateNetwork='
    [226]='NAMESPACE, set up its file system (RootDirectory=, BindPaths=, ProtectSystem= and the like)'
    [227]='NO_NEW_PRIVILEGES, set NoNewPrivileges=' [228]='SECCOMP, set SystemCallFilter= or the like'
    [229]='SELINUX_CONTEXT, set SELinuxContext=' [230]='PERSONALITY, set Personality='
    [231]='APPARMOR, set AppArmorProfile='
    [232]='ADDRESS_FAMILIES, set RestrictAddressFamilies=' [233]='RUNTIME_DIRECTORY, make RuntimeDirectory='
    [235]='CHOWN, change the owner of a socket' [236]='SMACK, set SmackProcessLabel='
    [237]='KEYRING, set up the kernel keyring'
    [238]='STATE_DIRECTORY, make StateDirectory=' [239]='CACHE_DIRECTORY, make CacheDirectory='
    [240]='LOGS_DIRECTORY, make LogsDirectory=' [241]='CONFIGURATION_DIRECTORY, make ConfigurationDirectory='
    [242]='NUMA_POLICY, set NUMAPolicy=' [243]='CREDENTIALS, set LoadCredential= or SetCredential='
)

# exit_words NAME STATUS: sets ROVI_REPLY to what systemd could not do for rovi-NAME.service; fails if STATUS is not one
# of systemd's.
exit_words() {
    local words=${EXIT_WORDS["${2:-none}"]-}
    [[ $words ]] || return
    ROVI_REPLY="systemd could not ${words#*, } (exit status $2/${words%%, *}): 'systemctl status rovi-$1' says more"
}
