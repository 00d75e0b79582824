using Microsoft.AspNetCore.Components;

namespace Flyball.Server.Ui;

/// <summary>A page that reads what it shows before any of it is rendered; a component by itself would render first, half empty.</summary>
public abstract class Page : ComponentBase
{
    /// <summary>Reads what the page shows. A refusal here is the page's answer.</summary>
    protected abstract Task LoadAsync();

    public sealed override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync();
        StateHasChanged();
    }
}
