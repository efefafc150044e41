# Microsoft Graph by REST, with the token of whoever is signed in to the Azure CLI, for the scripts beside
# it. No module has to be installed; Windows PowerShell 5.1 and PowerShell 7 do.

$Clouds = @{
    'public' = 'https://graph.microsoft.com'
    'usgov' = 'https://graph.microsoft.us'
    'usgov-dod' = 'https://dod-graph.microsoft.us'
    'china' = 'https://microsoftgraph.chinacloudapi.cn'
}

function Stop-WithRemedy {
    param([string] $Problem, [string] $Remedy)
    throw "$Problem`n$Remedy"
}

# The cloud that is named, else that of SSPR_CLOUD, as in bash.
function Get-CloudName {
    param([string] $Given)
    $name = $Given
    if (-not $name) { $name = $env:SSPR_CLOUD }
    if (-not $name) { $name = 'public' }
    if (-not $Clouds.ContainsKey($name)) {
        Stop-WithRemedy -Problem "SSPR_CLOUD: $name is none of $(($Clouds.Keys | Sort-Object) -join ', ')." -Remedy 'Set it to one of these, or say -Cloud.'
    }
    $name
}

function Connect-Graph {
    param([string] $Cloud, [string] $GraphUrl)
    # Windows PowerShell does not offer TLS 1.2 by itself on older machines.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $address = $Clouds[$Cloud]
    if ($GraphUrl) {
        $address = $GraphUrl
    }
    # A program may say something on stderr and be well; Windows PowerShell would end here for it.
    $ErrorActionPreference = 'Continue'
    try {
        $said = @(& az account get-access-token --resource $Clouds[$Cloud] --query accessToken --output tsv 2>$null)
    }
    catch {
        Stop-WithRemedy -Problem 'The Azure CLI (az) is not found.' -Remedy 'Install it, and open a new shell.'
    }
    if (($LASTEXITCODE -ne 0) -or ($said.Count -eq 0)) {
        Stop-WithRemedy -Problem 'Nobody is signed in to the Azure CLI, or it gives no token for Microsoft Graph.' -Remedy 'Run az login, then this again. In a national cloud: az cloud set first.'
    }
    $script:Graph = @{ Address = "$address/v1.0"; Headers = @{ Authorization = "Bearer $($said[0])" } }
}

function Invoke-Graph {
    param([string] $Method, [string] $Path, [hashtable] $Query, [object] $Body)
    $uri = "$($script:Graph.Address)/$Path"
    if ($Query) {
        $pairs = foreach ($name in $Query.Keys) { "$name=" + [Uri]::EscapeDataString($Query[$name]) }
        $uri = "${uri}?" + ($pairs -join '&')
    }
    $request = @{ Method = $Method; Uri = $uri; Headers = $script:Graph.Headers; UseBasicParsing = $true }
    if ($null -ne $Body) {
        # Bytes, since Windows PowerShell would write a text in the code page of the machine.
        $request.Body = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Body -Depth 10 -Compress))
        $request.ContentType = 'application/json; charset=utf-8'
    }
    try {
        Invoke-RestMethod @request
    }
    catch {
        $detail = "$_"
        if ($_.ErrorDetails) {
            $detail = $_.ErrorDetails.Message
        }
        Stop-WithRemedy -Problem "Microsoft Graph refuses $Method ${Path}: $detail" -Remedy "Nothing more was changed. Sign in as somebody who may do this, and run this again. Or go the other way: $script:OtherWay."
    }
}

function Read-Graph {
    param([string] $Path, [hashtable] $Query)
    Invoke-Graph -Method 'GET' -Path $Path -Query $Query
}

# Every page of a list.
function Read-GraphList {
    param([string] $Path, [hashtable] $Query)
    $answer = Read-Graph -Path $Path -Query $Query
    $answer.value
    while ($answer.PSObject.Properties['@odata.nextLink']) {
        $next = $answer.'@odata.nextLink'.Substring($script:Graph.Address.Length + 1)
        $answer = Read-Graph -Path $next
        $answer.value
    }
}

# What is said in quotation marks of a filter.
function Format-Literal {
    param([string] $Text)
    "'" + $Text.Replace("'", "''") + "'"
}

function Write-Step {
    param([string] $Text, [string] $State)
    Write-Output ('  {0,-32} {1}' -f $Text, $State)
}

# Says what is owed, and does it where it may.
function Complete-Step {
    param([string] $Text, [scriptblock] $Do)
    $script:Owed = $script:Owed + 1
    if (-not $Apply) {
        Write-Step -Text $Text -State 'to be done'
        return
    }
    Invoke-Command -ScriptBlock $Do -NoNewScope | Out-Null
    Write-Step -Text $Text -State 'done'
}

function Write-Ending {
    if ($script:Owed -eq 0) {
        Write-Output 'Nothing is to be done.'
    }
    elseif (-not $Apply) {
        Write-Output 'Nothing was changed; -Apply does it.'
    }
}
