# bash completion for infocaller
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
