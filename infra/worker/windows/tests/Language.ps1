# What PowerShell's own parser says of a file, and what Windows PowerShell 5.1 would say of it.

using namespace System.Management.Automation.Language

function Read-Script {
    param([string] $Path)
    $tokens = $errors = $null
    $tree = [Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
    [pscustomobject] @{ Tree = $tree; Tokens = $tokens; Errors = $errors }
}

function Find-Node {
    param([psobject] $Script, [type] $Type)
    $Script.Tree.FindAll({ param($node) $node -is $Type }.GetNewClosure(), $true)
}

# Constructs that came after 5.1. Sources: "What's New in PowerShell" 6.0 to 7.5 and about_Operators,
# about_Numeric_Literals, about_Special_Characters, about_Functions_Advanced_Methods, Microsoft Learn.
$newerNodes = 'TernaryExpressionAst', 'PipelineChainAst'
$newerTokens = 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'QuestionMark', 'Clean'
$newerVariables = 'IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures', 'PSNativeCommandUseErrorActionPreference', 'PSNativeCommandArgumentPassing'

function Find-NewerSyntax {
    param([psobject] $Script)
    $Script.Tree.FindAll({ $true }, $true) | ForEach-Object {
        if ($newerNodes -contains $_.GetType().Name) { "line $($_.Extent.StartLineNumber): $($_.GetType().Name)" }
        if (($_ -is [PipelineAst]) -and $_.Background) { "line $($_.Extent.StartLineNumber): a job by &" }
        if (($_ -is [MemberExpressionAst]) -and $_.NullConditional) { "line $($_.Extent.StartLineNumber): a null-conditional member" }
        if (($_ -is [VariableExpressionAst]) -and ($newerVariables -contains $_.VariablePath.UserPath)) { "line $($_.Extent.StartLineNumber): $_" }
    }
    $before = $null
    foreach ($token in $Script.Tokens) {
        if ($newerTokens -contains "$($token.Kind)") { "line $($token.Extent.StartLineNumber): $($token.Kind)" }
        if (($token.Kind -eq 'Pipe') -and $before -and ($before.Kind -eq 'NewLine')) { "line $($token.Extent.StartLineNumber): a line that begins with |" }
        if (($token.Kind -eq 'Number') -and ($token.Text -match '^0b|(?<![x0-9a-f])[0-9.]+(u|y|n|s|us|uy|ul)[a-z]*$')) { "line $($token.Extent.StartLineNumber): the number $($token.Text)" }
        if (($token -is [StringExpandableToken]) -and ($token.Text -match '(?<!`)(``)*`(e|u\{)')) { "line $($token.Extent.StartLineNumber): an escape of $($token.Text)" }
        $before = $token
    }
}

# Commands, parameters, methods and types that nobody has looked up.
function Find-Unknown {
    param([psobject] $Script, [hashtable] $Known, [string[]] $Own)
    foreach ($command in Find-Node $Script ([CommandAst])) {
        $name = $command.GetCommandName()
        if ((-not $name) -or ($Own -contains $name)) { continue }
        if (-not $Known.Cmdlets.ContainsKey($name)) { "line $($command.Extent.StartLineNumber): $name"; continue }
        foreach ($parameter in $command.CommandElements | Where-Object { $_ -is [CommandParameterAst] }) {
            if (@($Known.Cmdlets[$name]) + $Known.CommonParameters -notcontains $parameter.ParameterName) { "line $($command.Extent.StartLineNumber): $name -$($parameter.ParameterName)" }
        }
        # A position can be taken by something else in another version.
        $named = $command.CommandElements | Select-Object -Skip 1
        if (($name -in 'Join-Path', 'Split-Path') -and $named -and ($named[0] -isnot [CommandParameterAst])) { "line $($command.Extent.StartLineNumber): $name by position" }
    }
    foreach ($call in Find-Node $Script ([InvokeMemberExpressionAst])) {
        if ($Known.Methods -notcontains "$($call.Member)") { "line $($call.Extent.StartLineNumber): .$($call.Member)()" }
    }
    foreach ($type in @(Find-Node $Script ([TypeExpressionAst])) + @(Find-Node $Script ([TypeConstraintAst]))) {
        if ($Known.Types -notcontains "$($type.TypeName)") { "line $($type.Extent.StartLineNumber): [$($type.TypeName)]" }
    }
}
