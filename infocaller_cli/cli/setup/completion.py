"""`infocaller completion`: the scripts by which shells complete. What can be completed is told by `complete`, for all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from ...errors import ExitCode, UsageError
from ...spelling import nearest
from .. import options

# bash cuts words at = and :, which are part of ours (--format=xml, http://...): they are put together again, and cut off again
BASH = r"""# bash completion for infocaller
# Load it in ~/.bashrc: eval "$(infocaller completion bash)"

_infocaller() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() last=-1 i piece kind line cut mark
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && piece=${rest#"${rest%%[![:space:]]*}"}
        if [[ $i -eq 0 || $rest == [[:space:]]* ]]; then
            last=$((last + 1))
            words[last]=
            rest=${rest#"${rest%%[![:space:]]*}"}
        fi
        words[last]+=$piece
        rest=${rest#"$piece"}
    done
    [[ $piece == [=:] ]] && piece=
    cut=${words[last]%"$piece"}
    COMPREPLY=()
    {
        read -r kind
        while IFS=$'\t' read -r line _; do
            line=${line#"$cut"}
            case $piece in
                \'*) line=${line//\'/\'\\\'\'} ;;
                \"*) for mark in \\ \" '$' '`'; do line=${line//"$mark"/"\\$mark"}; done ;;
                *) printf -v line %q "$line" ;;
            esac
            COMPREPLY+=("$line")
        done
    } < <(_INFOCALLER_COMPLETE=bash "${words[0]}" "${words[@]:1}" 2>/dev/null)
    case $kind in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
        *) compopt -o nosort ;;
    esac 2>/dev/null
}

complete -F _infocaller infocaller
"""

ZSH = r"""#compdef infocaller
# zsh completion for infocaller
# Save it as _infocaller in a folder of $fpath, or load it in ~/.zshrc: eval "$(infocaller completion zsh)"

_infocaller() {
    local -a lines offers
    local kind line value
    lines=("${(@f)$(_INFOCALLER_COMPLETE=zsh ${(Q)words[1]} "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    kind=$lines[1]
    shift lines
    case $kind in
        files) compset -P '--*='; _files; return ;;
        folders) compset -P '--*='; _files -/; return ;;
    esac
    for line in $lines; do
        value=${line%%$'\t'*}
        offers+=("${${value//\\/\\\\}//:/\\:}${${line#$value}/#$'\t'/:}")
    done
    _describe -V value offers
}

if [[ $funcstack[1] == _infocaller ]]; then
    _infocaller "$@"
else
    compdef _infocaller infocaller
fi
"""

FISH = r"""# fish completion for infocaller
# Save it as ~/.config/fish/completions/infocaller.fish, or load it: infocaller completion fish | source

function __infocaller_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (env _INFOCALLER_COMPLETE=fish $words "$current" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]+=' $current; or echo '')
    set -l value (string replace -- "$option" '' $current)
    switch "$lines[1]"
        case files
            printf '%s\n' $option(__fish_complete_path $value)
        case folders
            printf '%s\n' $option(__fish_complete_directories $value)
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end

complete -c infocaller -f -k -a '(__infocaller_complete)'
"""

# The words go through the environment: older versions drop an empty argument
POWERSHELL = r"""# PowerShell completion for infocaller
# Load it in your profile: infocaller completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName infocaller -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $command = $commandAst.CommandElements[0].Value
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { "$($_.Value)" } else { $_.Extent.Text } })
    $before = $env:_INFOCALLER_COMPLETE, $env:_INFOCALLER_WORDS
    $env:_INFOCALLER_COMPLETE = 'powershell'
    $env:_INFOCALLER_WORDS = ($words + $wordToComplete.Trim("'", '"')) -join "`n"
    try { $lines = @(& $command 2>$null) }
    finally { $env:_INFOCALLER_COMPLETE, $env:_INFOCALLER_WORDS = $before }
    if ($lines.Count -eq 0 -or $lines[0] -ne 'values') { return }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $value, $text = $_ -split "`t", 2
        if (-not $text) { $text = $value }
        $written = if ($value -match '[\s''"$`;|&(){}]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($written, $value, 'ParameterValue', $text)
    }
}
"""

# Shell -> its script and the name of its file
SCRIPTS = {
    "bash": (BASH, "infocaller.bash"),
    "zsh": (ZSH, "_infocaller"),
    "fish": (FISH, "infocaller.fish"),
    "powershell": (POWERSHELL, "infocaller.ps1"),
}


def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> int:
    """Print the script by which a shell completes commands, options and values.

    Values are those the command takes there: events, kinds, formats, rule codes, files; query names and lines come from the
    configuration. Packages install the scripts for bash, zsh and fish where these shells look.
    """
    if shell.lower() not in SCRIPTS:
        raise UsageError(f"there is no script for {shell!r}", f"the shells are {', '.join(SCRIPTS)}", nearest(shell, SCRIPTS))
    options.settings(context).report.data(SCRIPTS[shell.lower()][0].encode())
    return ExitCode.OK
